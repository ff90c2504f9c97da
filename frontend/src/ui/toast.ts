import { asProblem } from "../api/problem";
import { announce } from "./announce";

// What shows them is a part of its own: no first visit waits for it.
const shown = () => import("./toasts/Toasts");

/** Short words about something that is done. With `undo`, the way back stays for 8 s. */
export const toast = {
  done(text: string, undo?: () => void): void {
    announce(text);
    void shown().then(({ showDone }) => showDone(text, undo));
  },
  failed(error: unknown): void {
    void shown().then(({ showFailed }) => showFailed(asProblem(error).message));
  },
};
