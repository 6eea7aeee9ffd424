import { type ReactNode, useEffect, useId, useRef } from "react";
import { createPortal } from "react-dom";

/** A dialog above the page: it holds the focus, and Escape closes it. What has data-first gets the focus. */
export function Dialog({
  title,
  wide = false,
  close,
  children,
}: {
  title: string;
  wide?: boolean;
  close: () => void;
  children: ReactNode;
}) {
  const box = useRef<HTMLDialogElement>(null);
  const name = useId();
  useEffect(() => {
    const dialog = box.current;
    // Where the page was goes on from there when the dialog is gone.
    const before = document.activeElement;
    dialog?.showModal();
    (dialog?.querySelector<HTMLElement>("[data-first]") ?? dialog)?.focus();
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  // Outside of what asked: a form within a form would be sent by the browser itself.
  return createPortal(
    <dialog
      ref={box}
      tabIndex={-1}
      className={`dialog ${wide ? "wide" : ""}`}
      aria-labelledby={name}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onMouseDown={(event) => event.target === box.current && close()}
    >
      <div className="dialog-body">
        <h2 id={name}>{title}</h2>
        {children}
      </div>
    </dialog>,
    document.body,
  );
}
