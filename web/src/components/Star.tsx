import { useKept, WATCH_LIST } from "../lib/kept";

/** Whether an instrument is on this browser's watch list, and the way on and off it. */
export function Star({ instrument }: { instrument: string }) {
  const [listed, flip] = useKept(WATCH_LIST);
  const on = listed.includes(instrument);
  const says = on ? `Take ${instrument} off the watch list` : `Put ${instrument} on the watch list`;
  return (
    <button
      type="button"
      className="star"
      aria-pressed={on}
      aria-label={says}
      title={says}
      onClick={() => flip(instrument)}
    >
      {on ? "★" : "☆"}
    </button>
  );
}
