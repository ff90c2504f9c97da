const OPEN = "sctl-palette";

/** Open the palette from anywhere in the frame. Its code loads with the first use. */
export const openPalette = (): void => {
  window.dispatchEvent(new Event(OPEN));
};

export function onPalette(listener: () => void): () => void {
  window.addEventListener(OPEN, listener);
  return () => window.removeEventListener(OPEN, listener);
}
