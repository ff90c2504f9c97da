import { type Ref, useRef } from "react";
import c from "./editor.module.css";

interface Props {
  label: string;
  text: string;
  readOnly?: boolean;
  onChange?: (text: string) => void;
  field?: Ref<HTMLTextAreaElement>;
}

/** Plain text with the numbers of its lines, which scroll along. */
export function TextArea({ label, text, readOnly = false, onChange, field }: Props) {
  const gutter = useRef<HTMLPreElement>(null);
  const lines = text.split("\n").length;
  return (
    <div className={c["editor"]}>
      <pre ref={gutter} className={c["gutter"]} aria-hidden>
        {Array.from({ length: lines }, (_, place) => place + 1).join("\n")}
      </pre>
      <textarea
        ref={field}
        className={c["text"]}
        aria-label={label}
        wrap="off"
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        readOnly={readOnly}
        value={text}
        onChange={(event) => onChange?.(event.currentTarget.value)}
        onScroll={(event) => {
          if (gutter.current) gutter.current.scrollTop = event.currentTarget.scrollTop;
        }}
      />
    </div>
  );
}
