// Made by `npm run types` from the desk's OpenAPI description; do not edit.

/** What a request needs. `rearm` is apart from `trade`: releasing a halt is for people. */
export type AccessScope = "admin" | "read" | "rearm" | "trade";

/** One account: where it is, whether it may trade, and how its connections are. */
export type AccountView = {
  account: string;
  venue: string;
  environment: string;
  mode: string;
  currency: string;
  enabled: boolean;
  session: boolean;
  reconciled: boolean;
  ready: boolean;
  state: TradingState;
  cause: string;
  doubts: string[];
  locks: Record<string, string>;
  requests_left: number | null;
  unknown_orders: number;
  open_orders: number;
  balances: Record<string, string>;
  permissions: string[];
  keys: string;
  proxy: string;
  hosts: Record<string, string>;
  ages: Record<string, AgeView>;
  reconnects: Record<string, number>;
  clock_ahead_us: number | null;
  failed_reads: number;
};

/** The view of that name. */
export type Accounts = {
  type: "accounts";
  rows: AccountView[];
};

/** How old the news of one stream were when they came, by the venue's clock, microseconds. */
export type AgeView = {
  count: number;
  p50_us: number;
  p99_us: number;
  worst_us: number;
};

/** A person states that an Unknown order is absent. */
export type Attest = {
  type: "Attest";
  client_order_id: string;
};

/** What to run: a strategy over series of the history, named as `GET /api/data` names them. */
export type BacktestOrder = {
  strategy: string;
  data: string[];
  parameters?: Record<string, unknown>;
  instrument?: string;
  interval?: string;
  kind?: string;
  balance?: string;
  leverage?: string;
  latency_ms?: number;
  slippage_bps?: string;
  why?: string;
};

/** One backtest; `progress` is the share that is done, `error` why it failed. */
export type BacktestView = {
  id: string;
  state: BatchState;
  by: string;
  order: BacktestOrder;
  asked_ns: number;
  began_ns: number;
  ended_ns: number;
  progress: number;
  error: string;
  has_report: boolean;
  result: unknown;
};

/** Where a backtest stands. */
export type BatchState = "done" | "failed" | "running" | "waiting";

/** The best levels of a book, best first, and what rests in it of ours. */
export type BookView = {
  type: "book";
  instrument: string;
  bids: [string, string][];
  asks: [string, string][];
  sequence: number;
  ts: number;
  own: OwnOrder[];
  trust: string;
};

/** Cancel one order. */
export type CancelOne = {
  type: "CancelOne";
  client_order_id: string;
};

/** Cancel an instance's orders, or those by hand; it goes on, and may place others. */
export type CancelOrders = {
  type: "CancelOrders";
  instance: string;
  instrument?: string;
  cancel_protective?: boolean;
};

/** Which candles: the newest `limit` before a time, nanoseconds UTC; 0 for now. */
export type CandlesQuery = {
  interval: string;
  before: number;
  limit: number;
};

/** Candles of one instrument, oldest first; `provisional`: the last one still moves. */
export type CandlesView = {
  type: "candles";
  instrument: string;
  interval: string;
  rows: [number, number, number, number, number, number][];
  provisional: boolean;
};

/** One link of the chain from an order back to its signal. */
export type Cause = {
  seq: number;
  ts: number;
  kind: string;
  text: string;
  instance: string;
  client_order_id: string;
  also: string[];
};

/** A command, asked or answered by step `seq`. */
export type CommandMessage = {
  type: "command";
  seq: number;
  row: CommandView;
};

/** How a command is given: `dry_run` only says what it would do; `wait_s` bounds the wait. */
export type CommandQuery = {
  dry_run: boolean;
  wait_s: number;
  receipt: boolean;
};

/** One audit entry: who asked for what, why, and what came of it. */
export type CommandView = {
  seq: number;
  command_id: string;
  name: string;
  body: string;
  by: string;
  why: string;
  confirmation: Confirmation | null;
  effect: string;
  rule: string;
  received_ns: number;
  answered_ns: number;
};

/** Any command; with `preview_hash` only while its preview is still that one. */
export type Commanded = {
  command: Deploy | Pause | Resume | SingleFire | Stop | ForceStop | Flatten | Kill | Rearm | SetParameters | Tell | PlaceManual | CancelOne | CancelOrders | Reconcile | EnableAccount | Attest | Unlock;
  why?: string;
  preview_hash?: string;
};

/** The view of that name. */
export type Commands = {
  type: "commands";
  rows: CommandView[];
};

/** How far a command has come. */
export type Confirmation = "accepted" | "confirmed" | "refused" | "unresolved";

/** One series of the history, in the words that BacktestOrder takes. */
export type DataView = {
  instrument: string;
  kind: string;
  rows: number;
  first: string;
  last: string;
  folder: string;
};

/** The day's result in the reporting currency against what may be lost, None: no limit. */
export type Day = {
  net: number;
  limit: number | null;
  currency: string;
  since_ns: number;
};

/** Create an instance; it starts at once unless `start` is False. */
export type Deploy = {
  type: "Deploy";
  spec: InstanceSpec;
  start?: boolean;
};

/** An instance to create; without a name it gets one from its strategy. */
export type Deployed = {
  strategy: string;
  instance?: string;
  accounts: string[];
  instruments: string[];
  parameters?: Record<string, unknown>;
  limits?: Limits;
  auto_resume?: boolean;
  start?: boolean;
  why?: string;
  preview_hash?: string;
};

/** Whether the desk answers the gateway; `why` it does not. Afterwards comes a new hello. */
export type DeskMessage = {
  type: "desk";
  connected: boolean;
  why: string;
};

/** Let an account take new risk, or stop that. */
export type EnableAccount = {
  type: "EnableAccount";
  account: string;
  enabled: boolean;
};

/** A line of the event list. */
export type EventMessage = {
  type: "event";
  seq: number;
  row: NewsView;
};

/** The view of that name. */
export type Events = {
  type: "events";
  rows: NewsView[];
};

/** One instrument's public market; `trust` is empty when it may be traded on, else why not. */
export type FeedView = {
  instrument: string;
  venue: string;
  tick: string;
  bid: string | null;
  ask: string | null;
  bid_qty: string;
  ask_qty: string;
  last_px: string | null;
  mark: string | null;
  age_ms: number;
  live: boolean;
  trading: Trading;
  trust: string;
};

/** The view of that name. */
export type Feeds = {
  type: "feeds";
  rows: FeedView[];
};

/** Public markets that changed; of a quiet one the age is told once a second. */
export type FeedsMessage = {
  type: "feeds";
  rows: FeedView[];
};

/** `matched` may still be undone by chain or broker; `final` may not; `failed` was undone. */
export type FillLife = "failed" | "final" | "matched";

/** A fill, new or changed by step `seq`. */
export type FillMessage = {
  type: "fill";
  seq: number;
  row: FillView;
};

/** One execution of one of our orders; `fee` is positive when paid. */
export type FillView = {
  seq: number;
  exec_id: string;
  instance: string;
  account: string;
  instrument: string;
  bucket: string;
  side: Side;
  last_qty: string;
  last_px: string;
  fee: string;
  fee_currency: string;
  liquidity: Liquidity;
  life: FillLife;
  reason: string;
  client_order_id: string;
  venue_order_id: string;
  ts_event: number;
};

/** The view of that name. */
export type Fills = {
  type: "fills";
  rows: FillView[];
};

/** The proof that the profit is what the fills say; `differences` are sentences. */
export type FillsFold = {
  fills: number;
  whole: boolean;
  differences: string[];
  rows: FoldRow[];
};

/** Close the positions of an instance with slippage-protected orders, cancel the rest. */
export type Flatten = {
  type: "Flatten";
  instance: string;
  max_slippage_pct?: string;
};

/** Fills added up anew: `traded` is what they brought in (sales less purchases). */
export type FoldRow = {
  instance: string;
  account: string;
  currency: string;
  fills: number;
  traded: string;
  paid_out: string;
  held_cost: string;
  realised: string;
  fees: string;
};

/** Cancel all orders now and end the instance; protective orders only if asked. */
export type ForceStop = {
  type: "ForceStop";
  instance: string;
  cancel_protective?: boolean;
};

/** How a desk is: counts, what is in doubt, and `notes` in words; `running` is False offline. */
export type HealthView = {
  type: "health";
  running: boolean;
  name: string;
  now_ns: number;
  seq: number;
  epoch: number;
  speed: number;
  instances: number;
  faulted: number;
  live_orders: number;
  unknown_orders: number;
  pending: string[];
  untrusted_feeds: number;
  notes: string[];
  latency: Latency | null;
  links: LinkView[];
};

/** Whether the desk answers and nothing needs a person; more for those who are signed in. */
export type Healthy = {
  ok: boolean;
};

/** The first message: whose news follow. `resumed` False: rows known from before are void. */
export type Hello = {
  type: "hello";
  seq: number;
  desk: string;
  mode: string;
  version: string;
  now_ns: number;
  resumed: boolean;
};

/** How much of an instrument is held. */
export type Holding = {
  account: string;
  instrument: string;
  qty: string;
};

/** A command to one instance; `arguments` are those of the command of that name. */
export type InstanceCommand = {
  action: "cancel_orders" | "flatten" | "force_stop" | "kill" | "pause" | "rearm" | "resume" | "set" | "single_fire" | "stop" | "tell";
  arguments?: Record<string, unknown>;
  why?: string;
  preview_hash?: string;
};

/** One strategy to run: which class, with what, on which accounts and instruments. */
export type InstanceSpec = {
  id: string;
  strategy: string;
  accounts: string[];
  instruments: string[];
  parameters?: Record<string, unknown>;
  limits?: Limits;
  auto_resume?: boolean;
};

/** One instance: what it is, how it stands, and what it made. */
export type InstanceView = {
  instance: string;
  strategy: string;
  state: Lifecycle;
  cause: string;
  faulted: string;
  single_fire: boolean;
  trading: TradingState;
  trading_cause: string;
  since_ns: number;
  accounts: string[];
  instruments: string[];
  cycles: string[];
  open_orders: number;
  positions: Holding[];
  results: Result[];
  total: Result | null;
  parameters: Record<string, unknown>;
  version: number;
  auto_resume: boolean;
};

/** The view of that name. */
export type Instances = {
  type: "instances";
  rows: InstanceView[];
};

/** Instances that changed, and the names of those that are gone. */
export type InstancesMessage = {
  type: "instances";
  rows: InstanceView[];
  gone: string[];
};

/** What is traded. */
export type InstrumentKind = "binary" | "equity" | "future" | "index" | "option" | "perpetual" | "spot";

/** Refuse new risk, cancel everything but venue-resting protection, read back until empty. */
export type Kill = {
  type: "Kill";
  scope?: Scope;
  cancel_protective?: boolean;
};

/** What to kill: the whole desk, or one venue, account or instance. */
export type KillOrder = {
  scope?: Scope;
  cancel_protective?: boolean;
  why?: string;
  preview_hash?: string;
};

/** How long orders took from the arrival of their cause to their last byte, microseconds. */
export type Latency = {
  orders: number;
  p50_us: number;
  p99_us: number;
  worst_us: number;
};

/** How loud an alert is. */
export type Level = "critical" | "info" | "warning";

/** One thing that happened to an order, in the order in which it was committed. */
export type LifeStep = {
  seq: number;
  ts: number;
  kind: string;
  text: string;
};

/** Where an instance stands. FAULTED is a flag with a cause beside it, not a state. */
export type Lifecycle = "dead" | "paused" | "pending" | "running" | "stopped" | "stopping";

/** Limits of one scope; None means that the scope does not limit it. */
export type Limits = {
  max_order_qty?: string | null;
  max_order_notional?: string | null;
  max_position_qty?: string | null;
  max_position_notional?: string | null;
  max_exposure_notional?: string | null;
  max_exposure_pct?: string | null;
  max_open_orders?: number | null;
  max_daily_loss_pct?: string | null;
  max_losses_in_row?: number | null;
  price_collar_pct?: string | null;
};

/** How an account's connections are: `ages` by stream, `reconnects` by line. */
export type LinkView = {
  account: string;
  ages: Record<string, AgeView>;
  reconnects: Record<string, number>;
  failed_reads: number;
  clock_ahead_us: number | null;
};

/** Whether a fill added or took liquidity. */
export type Liquidity = "maker" | "taker";

/** A token that was made; its value is shown this once. */
export type MadeToken = {
  id: string;
  value: string;
};

/** One instrument: the rules of its venue, and its public market as it stands. */
export type MarketView = {
  instrument: string;
  venue: string;
  symbol: string;
  kind: InstrumentKind;
  base: string;
  quote: string;
  tick: string;
  ticks: TickBand[];
  lot: string;
  min_qty: string;
  max_qty: string;
  min_notional: string;
  multiplier: string;
  market: string;
  event: string;
  series: string;
  outcome: Outcome | null;
  mirror: string;
  strike: string | null;
  expires_ns: number | null;
  fees: string;
  version: number;
  watched: boolean;
  feed: FeedView | null;
};

/** The view of that name; `total` is how many match, whatever part of them is shown. */
export type Markets = {
  type: "markets";
  rows: MarketView[];
  total: number;
};

/** Which markets: `q` is a part of the name, symbol or event. */
export type MarketsQuery = {
  limit: number;
  cursor: string;
  q: string;
  venue: string;
  watched: boolean;
};

/** The own password, changed. */
export type NewPassword = {
  old: string;
  new: string;
};

/** A token to make; it ends after `expires_s`, at most 366 days. */
export type NewToken = {
  label: string;
  scopes: AccessScope[];
  expires_s?: number;
};

/** A person to add. */
export type NewUser = {
  name: string;
  password: string;
  role: Role;
};

/** One line of the event list: an alert, a denial, a strategy's note, a changed state. */
export type NewsView = {
  seq: number;
  ts: number;
  level: Level;
  kind: string;
  instance: string;
  text: string;
};

/** One order from signal to end. `chain` begins with the nearest cause; `group` are the others */
export type OrderLife = {
  type: "order_life";
  order: OrderView;
  strategy: string;
  steps: LifeStep[];
  chain: Cause[];
  fills: FillView[];
  group: string[];
  whole: boolean;
};

/** An order as step `seq` left it. */
export type OrderMessage = {
  type: "order";
  seq: number;
  row: OrderView;
};

/** FIX OrdStatus words, and four of ours. */
export type OrderStatus = "cancelled" | "denied" | "expired" | "filled" | "new" | "not_sent" | "parked" | "partially_filled" | "pending_cancel" | "pending_new" | "pending_replace" | "rejected" | "unknown";

/** FIX OrdType words that the desk knows. */
export type OrderType = "limit" | "market" | "stop" | "stop_limit";

/** One order's whole life. `text` says why it was refused or ended. */
export type OrderView = {
  client_order_id: string;
  venue_order_id: string;
  wire_id: string;
  instance: string;
  account: string;
  instrument: string;
  bucket: string;
  side: Side;
  ord_type: OrderType;
  time_in_force: TimeInForce;
  ord_status: OrderStatus;
  order_qty: string;
  px: string | null;
  stop_px: string | null;
  cum_qty: string;
  leaves_qty: string;
  claimed_qty: string;
  avg_px: string | null;
  fees: string;
  post_only: boolean;
  reduce_only: boolean;
  reason: string;
  group: string;
  text: string;
  created_ns: number;
  acknowledged_ns: number;
  closed_ns: number;
  cause_seq: number;
  epoch: number;
  sent_latency_ns: number;
};

/** The view of that name. */
export type Orders = {
  type: "orders";
  rows: OrderView[];
};

/** Which orders. */
export type OrdersQuery = {
  limit: number;
  cursor: string;
  instance: string;
  account: string;
  instrument: string;
  open_only: boolean;
};

/** Which answer of a binary market the instrument pays on. */
export type Outcome = "no" | "yes";

/** One of our orders in a book; `ahead_qty` must trade before it does, None: nobody knows. */
export type OwnOrder = {
  client_order_id: string;
  instance: string;
  side: Side;
  px: string;
  leaves_qty: string;
  ahead_qty: string | null;
};

/** Which part of a list: `cursor` is `next` of the part before. */
export type PageQuery = {
  limit: number;
  cursor: string;
};

/** One parameter of a strategy, as a form needs it; `min` and `max` are inclusive. */
export type ParameterView = {
  name: string;
  type: string;
  takes: string;
  default: unknown;
  required: boolean;
  fixed: boolean;
  min: string | null;
  max: string | null;
  choices: string[];
  unit: string;
  help: string;
};

/** Start no new cycle; keep live orders fresh and exits running. */
export type Pause = {
  type: "Pause";
  instance: string;
};

/** Place an order by hand, through the same gate. */
export type PlaceManual = {
  type: "PlaceManual";
  order: PlaceOrder;
};

/** The intent to place one order; prices in quote currency, quantities in units. */
export type PlaceOrder = {
  type: "PlaceOrder";
  account: string;
  instrument: string;
  side: Side;
  qty: string;
  px?: string | null;
  order_type?: OrderType;
  tif?: TimeInForce;
  post_only?: boolean;
  reduce_only?: boolean;
  trigger_px?: string | null;
  trigger_by?: TriggerBy;
  reason?: string;
  group?: string;
  ttl_ns?: number;
  max_slippage?: string | null;
  self_match?: SelfMatchPolicy;
  bucket?: string;
};

/** Whose profit and loss. */
export type PnlQuery = {
  instance: string;
  account: string;
  instrument: string;
};

/** The result of one instance on one account in one currency. */
export type PnlRow = {
  currency: string;
  realised: string;
  unrealised: string | null;
  fees: string;
  funding: string;
  net: string;
  instance: string;
  account: string;
};

/** Profit and loss by instance, account and currency, and its proof. */
export type PnlView = {
  type: "pnl";
  rows: PnlRow[];
  total: Result | null;
  fills_fold: FillsFold;
};

/** What names a position. */
export type PositionKey = {
  account: string;
  instance: string;
  instrument: string;
  bucket: string;
};

/** One sub-book's position: `qty` signed; `notional` is its worth at the mark, unsigned. */
export type PositionView = {
  venue: string;
  account: string;
  instance: string;
  instrument: string;
  bucket: string;
  qty: string;
  provisional_qty: string;
  avg_px: string | null;
  mark: string | null;
  notional: string | null;
  currency: string;
  realised: string;
  unrealised: string | null;
  fees: string;
  funding: string;
  net: string;
  opened_ns: number;
};

/** The view of that name. */
export type Positions = {
  type: "positions";
  rows: PositionView[];
};

/** Positions that changed, and those that are gone. */
export type PositionsMessage = {
  type: "positions";
  rows: PositionView[];
  gone: PositionKey[];
};

/** What a command would do now, without doing it. */
export type Preview = {
  type: "preview";
  text: string;
  hash: string;
  refused: string;
  rule: string;
  code: string;
  cancels: number;
  keeps: number;
  sends: number;
};

/** One public trade; `side` is the aggressor's. */
export type Print = [number, string, string, Side];

/** An error as every answer tells it. `retryable`: the same request may succeed later. */
export type Problem = {
  code: string;
  message: string;
  rule: string;
  retryable: boolean;
};

/** Release a halt; only a person may. */
export type Rearm = {
  type: "Rearm";
  scope?: Scope;
};

/** What to let trade again. */
export type RearmOrder = {
  scope?: Scope;
  why?: string;
  preview_hash?: string;
};

/** Why; it goes to the audit. */
export type Reason = {
  why?: string;
  preview_hash?: string;
};

/** What became of a command: its effect, confirmed or not, and never merely the wish. */
export type Receipt = {
  type: "receipt";
  command_id: string;
  confirmation: Confirmation;
  effect: string;
  rule: string;
  waited_s: number;
  details: Record<string, unknown>;
};

/** Re-read orders, positions and balances of an account now. */
export type Reconcile = {
  type: "Reconcile";
  account: string;
};

/** Profit and loss in one currency; `unrealised` is None while a mark is missing. */
export type Result = {
  currency: string;
  realised: string;
  unrealised: string | null;
  fees: string;
  funding: string;
  net: string;
};

/** Go back to RUNNING. */
export type Resume = {
  type: "Resume";
  instance: string;
};

/** The view of that name. */
export type Risk = {
  type: "risk";
  rows: ScopeView[];
};

/** What a person is at a desk. */
export type Role = "admin" | "trader" | "viewer";

/** Which rows; empty words match everything. */
export type RowsQuery = {
  limit: number;
  cursor: string;
  instance: string;
  account: string;
  instrument: string;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_BacktestView_ = {
  rows: BacktestView[];
  next: string | null;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_CommandView_ = {
  rows: CommandView[];
  next: string | null;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_FillView_ = {
  rows: FillView[];
  next: string | null;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_InstanceView_ = {
  rows: InstanceView[];
  next: string | null;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_MarketView_ = {
  rows: MarketView[];
  next: string | null;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_NewsView_ = {
  rows: NewsView[];
  next: string | null;
};

/** Rows, the newest first; `next` is the cursor of those after them, null at the end. */
export type Rows_OrderView_ = {
  rows: OrderView[];
  next: string | null;
};

/** A scope by kind and name; the desk has no name. */
export type Scope = {
  kind: ScopeKind;
  name?: string;
};

/** How far a halt, a limit or a kill reaches. */
export type ScopeKind = "account" | "desk" | "instance" | "venue";

/** One scope: may it trade, and how much of what bounds it is used. */
export type ScopeView = {
  kind: ScopeKind;
  name: string;
  state: TradingState;
  cause: string;
  rule: string;
  since_ns: number;
  uses: UseView[];
  locks: Record<string, string>;
  ready: boolean;
  doubts: string[];
  requests_left: number | null;
  unknown_orders: number;
};

/** Scopes that changed. */
export type ScopesMessage = {
  type: "scopes";
  rows: ScopeView[];
};

/** Everything that one look at a desk needs. `curve` is the net result over the last while. */
export type ScreenView = {
  type: "screen";
  name: string;
  now_ns: number;
  speed: number;
  events: number;
  events_per_s: number;
  seq: number;
  epoch: number;
  live_orders: number;
  fills_count: number;
  total: Result | null;
  curve: number[];
  instances: InstanceView[];
  feeds: FeedView[];
  positions: PositionView[];
  orders: OrderView[];
  fills: FillView[];
  news: NewsView[];
  scopes: ScopeView[];
  latency: Latency | null;
  links: LinkView[];
};

/** One step with the second factor: enrol gives the address, confirm and drop need a code. */
export type SecondFactor = {
  step: "confirm" | "drop" | "enrol";
  code?: string;
};

/** `uri` is for an authenticator app, shown once; `totp` tells whether a code is needed now. */
export type SecondFactorAnswer = {
  totp: boolean;
  uri: string | null;
};

/** What the gate does when an order would meet one of our own. */
export type SelfMatchPolicy = "cancel_resting_then_send" | "reject" | "reprice";

/** Who is signed in, and which desk this is; `csrf` goes into X-CSRF-Token of every change. */
export type SessionAnswer = {
  signed_in: boolean;
  needs_setup: boolean;
  user: string | null;
  role: Role | null;
  scopes: AccessScope[];
  csrf: string;
  totp: boolean;
  desk: string;
  mode: string;
  version: string;
};

/** Which desk this is. `mode` is demo, paper, sandbox or live: the most serious it has. */
export type SessionView = {
  type: "session";
  desk: string;
  mode: string;
  version: string;
  epoch: number;
  now_ns: number;
};

/** Change parameters of a running instance, all or nothing. */
export type SetParameters = {
  type: "SetParameters";
  instance: string;
  patch: Record<string, unknown>;
  expected_version?: number | null;
};

/** The first admin, made with the code that the desk printed. */
export type SetUp = {
  code: string;
  name: string;
  password: string;
};

/** Which way an order trades. */
export type Side = "buy" | "sell";

/** Name and password; `totp` where a second factor is in use. */
export type SignIn = {
  name: string;
  password: string;
  totp?: string | null;
};

/** Permit exactly one cycle, then pause. */
export type SingleFire = {
  type: "SingleFire";
  instance: string;
};

/** Finish the cycle, then cancel what is left; after `timeout_s` do so at once. */
export type Stop = {
  type: "Stop";
  instance: string;
  timeout_s?: number;
  flatten?: boolean;
};

/** The view of that name. */
export type Strategies = {
  type: "strategies";
  rows: StrategyView[];
};

/** One strategy of the catalogue; `error` says why it does not load, empty when it does. */
export type StrategyView = {
  name: string;
  title: string;
  doc: string;
  where: string;
  parameters: ParameterView[];
  commands: Record<string, string>;
  error: string;
};

/** A strategy's own command, e.g. `toggle_jump`. */
export type Tell = {
  type: "Tell";
  instance: string;
  action: string;
  arguments?: Record<string, unknown>;
};

/** The tick that is valid for prices in [low, high); both in the quote currency. */
export type TickBand = {
  low: string;
  high: string;
  tick: string;
};

/** An order by hand, through the same gate as every other. */
export type Ticket = {
  account: string;
  instrument: string;
  side: Side;
  qty: string;
  px?: string | null;
  ord_type?: OrderType;
  tif?: TimeInForce;
  trigger_px?: string | null;
  post_only?: boolean;
  reduce_only?: boolean;
  why?: string;
  preview_hash?: string;
};

/** FIX TimeInForce words. */
export type TimeInForce = "day" | "fok" | "gtc" | "gtd" | "ioc";

/** What may be shown of a token; `id` opens nothing. */
export type TokenView = {
  id: string;
  owner: string;
  label: string;
  scopes: AccessScope[];
  created_ns: number;
  expires_ns: number;
  used_ns: number | null;
  expired: boolean;
  revoked: boolean;
};

/** The newest prints of one instrument, oldest first, since somebody began to watch it. */
export type TradesView = {
  type: "trades";
  instrument: string;
  rows: Print[];
};

/** What an instrument's venue permits at present. */
export type Trading = "closed" | "open" | "paused" | "settled";

/** May it trade? ACTIVE all orders, REDUCING only exits, HALTED only cancels and exits. */
export type TradingState = "active" | "halted" | "reducing";

/** Which price wakes a stop order. */
export type TriggerBy = "bid_ask" | "last" | "mark";

/** A person accepts the venue's position of an instrument and releases its lock. */
export type Unlock = {
  type: "Unlock";
  account: string;
  instrument: string;
};

/** How much of one limit is used; `unit` is a currency, or empty for counts. */
export type UseView = {
  limit: string;
  used: string;
  bound: string;
  unit: string;
};

/** What to change of a person; what is left out stays. `totp` False drops the second factor. */
export type UserChange = {
  role?: Role | null;
  disabled?: boolean | null;
  password?: string | null;
  totp?: false | null;
};

/** What may be shown of a person. */
export type UserView = {
  name: string;
  role: Role;
  disabled: boolean;
  totp: boolean;
  created_ns: number;
  disabled_ns: number | null;
};

/** A Wanted of control as words of a query. */
export type ViewQuery = {
  instance: string;
  account: string;
  instrument: string;
  open_only: boolean;
  limit: number;
  before: number;
  offset: number;
  order: string;
  strategy: string;
  venue: string;
  query: string;
  watched: boolean;
  interval: string;
};

/** How the desk is; see HealthView and ScreenView. */
export type VitalsMessage = {
  type: "vitals";
  now_ns: number;
  seq: number;
  epoch: number;
  speed: number;
  events: number;
  events_per_s: number;
  live_orders: number;
  unknown_orders: number;
  fills_count: number;
  total: Result | null;
  day: Day | null;
  open_notional: string | null;
  curve: [number, number][];
  instance_curves: Record<string, [number, number][]>;
  latency: Latency | null;
  links: LinkView[];
  notes: string[];
  ok: boolean;
  kill_state: string;
  stale_feeds: number;
  unprotected: number;
};

/** A page says which markets it wants to see; they replace those of before. */
export type WatchMarkets = {
  type: "watch";
  instruments: Watched[];
};

/** A market that a follower wants to see, with candles of one interval. */
export type Watched = {
  instrument: string;
  interval: string;
};

/** All rows. */
export type Whole_AccountView_ = {
  rows: AccountView[];
};

/** All rows. */
export type Whole_DataView_ = {
  rows: DataView[];
};

/** All rows. */
export type Whole_PositionView_ = {
  rows: PositionView[];
};

/** All rows. */
export type Whole_ScopeView_ = {
  rows: ScopeView[];
};

/** All rows. */
export type Whole_StrategyView_ = {
  rows: StrategyView[];
};

/** All rows. */
export type Whole_TokenView_ = {
  rows: TokenView[];
};

/** All rows. */
export type Whole_UserView_ = {
  rows: UserView[];
};
