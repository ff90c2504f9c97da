import { useEffect, useState } from "react";

type Listener = (text: string) => void;
const listeners = new Set<Listener>();

/** Say a change of state to people who do not see the screen. Heartbeats never come here. */
export function announce(text: string): void {
  for (const listener of listeners) listener(text);
}

/** The one polite live region of the page. */
export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout>;
    const hear: Listener = (next) => {
      setText(next);
      clearTimeout(timer);
      timer = setTimeout(() => setText(""), 4000);
    };
    listeners.add(hear);
    return () => {
      listeners.delete(hear);
      clearTimeout(timer);
    };
  }, []);
  return (
    <div className="vh" role="status" aria-live="polite">
      {text}
    </div>
  );
}
