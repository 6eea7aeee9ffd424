import { useEffect, useState } from "react";

import { useLive } from "../live/store";

const PATIENCE_MS = 1500;

/** Say that what the page shows is not news any more, and why; not for a blink. */
export function Banner() {
  const link = useLive((live) => live.link);
  const there = useLive((live) => live.deskThere);
  const away = useLive((live) => live.deskAway);
  const [late, setLate] = useState(false);
  const wrong = link !== "open" || !there;
  useEffect(() => {
    setLate(false);
    if (!wrong) return undefined;
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [wrong]);
  if (!wrong || !late) return null;
  return (
    <div className="banner" role="alert">
      <span className="pill" data-tone="warn">
        {there ? "no line" : "desk away"}
      </span>
      {there
        ? "Nothing comes from the desk; the page is trying again. What you see may be old. The desk itself may well go on."
        : `The gateway has lost the desk${away ? `: ${away}` : ""}. What you see is from before; it comes back by itself.`}
    </div>
  );
}
