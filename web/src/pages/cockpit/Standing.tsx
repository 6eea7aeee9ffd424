import { Money, Num } from "../../components/figures";
import { Meter, Tile } from "../../components/parts";
import { money, percent } from "../../lib/format";
import { useLive } from "../../live/store";

/** The figures that decide whether one may go to lunch. */
export function Standing() {
  const vitals = useLive((live) => live.vitals);
  const day = vitals?.day;
  const limit = day?.limit ? Math.abs(day.limit) : null;
  const lost = day && limit ? Math.max(0, -day.net) / limit : 0;
  const stale = vitals?.stale_feeds ?? 0;
  return (
    <div className="tiles">
      <Tile name="Net result" note={vitals?.total?.currency} to="/positions">
        <Money value={vitals?.total?.net} gain />
      </Tile>
      <Tile
        name="Day"
        tone={lost >= 0.8 ? "danger" : ""}
        to="/risk"
        note={
          limit ? (
            <>
              <Meter used={lost} label="Day's loss against its limit" />
              {percent(lost)} of −{money(limit)} used
            </>
          ) : (
            "no day limit"
          )
        }
      >
        <Money value={day?.net} gain />
      </Tile>
      <Tile name="Open risk" note={vitals?.total?.currency} to="/positions">
        <Money value={vitals?.open_notional} />
      </Tile>
      <Tile
        name="Orders"
        note={`${(vitals?.fills_count ?? 0).toLocaleString("en-US")} fills so far`}
        to="/orders"
      >
        <Num value={vitals?.live_orders} />
      </Tile>
      <Tile
        name="Unknown orders"
        tone={vitals?.unknown_orders ? "danger" : ""}
        note={vitals?.unknown_orders ? "being asked about" : "none in doubt"}
        to="/orders"
      >
        <Num value={vitals?.unknown_orders} />
      </Tile>
      <Tile
        name="Unprotected"
        tone={vitals?.unprotected ? "warn" : ""}
        note={vitals?.unprotected ? "positions without a stop" : "every stop stands"}
        to="/positions"
      >
        <Num value={vitals?.unprotected} />
      </Tile>
      <Tile
        name="Stale feeds"
        tone={stale ? "warn" : ""}
        note={stale ? "not traded on" : "all fresh"}
        to="/markets"
      >
        <Num value={stale} />
      </Tile>
    </div>
  );
}
