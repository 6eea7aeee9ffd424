/** Instruments that are locked because the venue and the desk do not agree about them. */
import { useMemo, useState } from "react";

import { write } from "../../api/client";
import { Act } from "../../components/Act";
import { InstrumentName, Panel } from "../../components/parts";
import { PreviewDialog } from "../../components/PreviewDialog";
import { useLive } from "../../live/store";
import { type Lock, locksOf } from "./tree";

export function Locks() {
  const scopes = useLive((live) => live.scopes);
  const locks = useMemo(() => locksOf(scopes), [scopes]);
  const [asking, setAsking] = useState<Lock | null>(null);
  if (!locks.length) return null;
  return (
    <Panel title="Locked instruments" actions={<span>no order opens anything there</span>}>
      <ul className="stack" aria-label="Locked instruments">
        {locks.map((lock) => (
          <li key={`${lock.account} ${lock.instrument}`} className="line">
            <strong>
              <InstrumentName id={lock.instrument} link />
            </strong>
            <span className="quiet">
              on {lock.account}: {lock.why}
            </span>
            <Act
              needs="admin"
              className="little"
              label={`Unlock ${lock.instrument} on ${lock.account}`}
              says="Takes the venue's position as the truth; shows what that does first"
              onClick={() => setAsking(lock)}
            >
              Unlock
            </Act>
          </li>
        ))}
      </ul>
      {asking && (
        <PreviewDialog
          title={`Unlock ${asking.instrument}`}
          verb="Unlock"
          write={write({ type: "Unlock", account: asking.account, instrument: asking.instrument })}
          close={() => setAsking(null)}
        >
          <p className="quiet">
            You take the position that the venue tells as the truth. Look it up there first, in its
            own page or app.
          </p>
        </PreviewDialog>
      )}
    </Panel>
  );
}
