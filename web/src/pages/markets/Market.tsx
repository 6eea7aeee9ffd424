/** One market: what it trades at, what rests in it, what was traded, and a ticket of one's own. */
import { useState } from "react";
import { useParams } from "react-router";

import type { MarketView } from "../../api/shapes";
import { Px, Qty } from "../../components/figures";
import { Ladder } from "../../components/Ladder";
import { ErrorNote, PageHead, Panel, StatusPill, Tile } from "../../components/parts";
import { Star } from "../../components/Star";
import { useAsk } from "../../lib/asking";
import { instrumentParts, number, placesOf, span } from "../../lib/format";
import { usePhone } from "../../lib/media";
import { trustOf } from "../../lib/trust";
import { useLive } from "../../live/store";
import { MarketChart } from "./MarketChart";
import { Ours } from "./Ours";
import { Prints } from "./Prints";
import { Rules } from "./Rules";
import { Ticket } from "./Ticket";

export default function Market() {
  const { id = "" } = useParams();
  return <Shown key={id} id={id} />;
}

const LEVELS = 9;
const FEW_LEVELS = 5;

function Shown({ id }: { id: string }) {
  const { data, error, again } = useAsk<MarketView>(`/markets/${encodeURIComponent(id)}`);
  const [px, setPx] = useState({ px: "", turn: 0 });
  const { venue, symbol } = instrumentParts(id);
  return (
    <div className="page">
      <PageHead title={symbol}>
        <Star instrument={id} />
        <span className="quiet">{venue}</span>
        <State id={id} />
      </PageHead>
      <ErrorNote error={error} again={again} />
      <Figures id={id} />
      <div className="market">
        <MarketChart instrument={id} rules={data} />
        <Panel title="Book" className="market-book" flush>
          <Ladder
            instrument={id}
            levels={usePhone() ? FEW_LEVELS : LEVELS}
            pick={(picked) => setPx({ px: picked, turn: px.turn + 1 })}
          />
        </Panel>
        <Panel title="Order by hand" className="market-ticket">
          <Ticket instrument={id} rules={data} picked={px} />
        </Panel>
        <Ours instrument={id} />
        <Panel title="Public trades" className="market-prints" flush>
          <Prints instrument={id} />
        </Panel>
        <Panel title="Rules of the venue" className="market-rules">
          <Rules rules={data} />
        </Panel>
      </div>
    </div>
  );
}

function State({ id }: { id: string }) {
  const trust = trustOf(useLive((live) => live.feeds.get(id)));
  return (
    <>
      <StatusPill state={trust.word} tone={trust.tone} title={trust.says} />
      <span className="small quiet trust-says">{trust.says}</span>
    </>
  );
}

function Figures({ id }: { id: string }) {
  const feed = useLive((live) => live.feeds.get(id));
  const spread = feed?.bid && feed.ask ? Number(feed.ask) - Number(feed.bid) : null;
  return (
    <div className="tiles">
      <Tile name="Bid" note={<Size qty={feed?.bid_qty} />}>
        <span className="up">
          <Px value={feed?.bid} tick={feed?.tick} />
        </span>
      </Tile>
      <Tile name="Ask" note={<Size qty={feed?.ask_qty} />}>
        <span className="down">
          <Px value={feed?.ask} tick={feed?.tick} />
        </span>
      </Tile>
      <Tile name="Spread" note={feed?.tick ? `tick ${number(feed.tick)}` : ""}>
        {spread === null ? "–" : number(spread, placesOf(feed?.tick))}
      </Tile>
      <Tile name="Last">
        <Px value={feed?.last_px} tick={feed?.tick} />
      </Tile>
      <Tile name="Mark" note="what positions are valued at">
        <Px value={feed?.mark} />
      </Tile>
      <Tile
        name="Age"
        note={feed?.live ? "the line is live" : "no live line"}
        tone={feed?.trust ? "warn" : ""}
      >
        {feed ? span(feed.age_ms * 1e6) : "–"}
      </Tile>
    </div>
  );
}

function Size({ qty }: { qty: string | undefined }) {
  return qty ? <Qty value={qty} /> : null;
}
