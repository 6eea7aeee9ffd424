// Drives the official TypeScript client against a simulated exchange, and prints what came back.
// Arguments: the folder that holds node_modules, the address, the key id, the private key's file.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const [, , folder, address, key, keyFile, ticker, event] = process.argv;
const sdk = createRequire(`${folder}/`)("kalshi-typescript");
const configuration = new sdk.Configuration({
  apiKey: key,
  privateKeyPem: readFileSync(keyFile, "utf8"),
  basePath: `${address}/trade-api/v2`,
});
const orders = new sdk.OrdersApi(configuration);
const groups = new sdk.OrderGroupsApi(configuration);
const market = new sdk.MarketApi(configuration);
const events = new sdk.EventsApi(configuration);
const portfolio = new sdk.PortfolioApi(configuration);
const exchange = new sdk.ExchangeApi(configuration);
const account = new sdk.AccountApi(configuration);
const keys = new sdk.ApiKeysApi(configuration);

const heard = {};
async function ask(name, run) {
  try {
    const { status, data } = await run();
    heard[name] = { status, data };
  } catch (error) {
    if (!error.response) throw error;
    heard[name] = { status: error.response.status, data: error.response.data };
  }
  return heard[name].data;
}

function order(more) {
  return {
    ticker,
    side: "bid",
    count: "10.00",
    price: "0.4200",
    time_in_force: "good_till_canceled",
    self_trade_prevention_type: "taker_at_cross",
    ...more,
  };
}

await ask("status", () => exchange.getExchangeStatus());
await ask("schedule", () => exchange.getExchangeSchedule());
await ask("user_data_timestamp", () => exchange.getUserDataTimestamp());
await ask("limits", () => account.getAccountApiLimits());
await ask("costs", () => account.getAccountEndpointCosts());
await ask("keys", () => keys.getApiKeys());
await ask("balance", () => portfolio.getBalance());
await ask("series", () => market.getSeriesList());
await ask("events", () => events.getEvents(10, undefined, true));
await ask("event", () => events.getEvent(event));
await ask("markets", () => market.getMarkets(1000, undefined, event));
await ask("market", () => market.getMarket(ticker));

const made = await ask("create", () => orders.createOrderV2(order({ client_order_id: "c-1", post_only: true })));
await ask("again", () => orders.createOrderV2(order({ client_order_id: "c-1" })));
await ask("number", () => orders.createOrderV2(order({ count: 10 })));
await ask("off_tick", () => orders.createOrderV2(order({ price: "0.4250" })));
await ask("book", () => market.getMarketOrderbook(ticker, 10));
await ask("books", () => market.getMarketOrderbooks([ticker]));
await ask("order", () => orders.getOrder(made.order_id));
await ask("queue", () => orders.getOrderQueuePosition(made.order_id));
await ask("queues", () => orders.getOrderQueuePositions(ticker));
await ask("amend", () => orders.amendOrderV2(made.order_id, { ticker, side: "bid", price: "0.4300", count: "8.00" }));
await ask("decrease", () => orders.decreaseOrderV2(made.order_id, { reduce_by: "1.00" }));
await ask("taker", () =>
  orders.createOrderV2(order({ side: "ask", price: "0.4300", count: "2.00", self_trade_prevention_type: "maker" })),
);
await ask("orders", () => orders.getOrders(ticker, undefined, undefined, undefined, "resting"));
await ask("cancel", () => orders.cancelOrderV2(heard.taker.data.order_id));
await ask("cancel_again", () => orders.cancelOrderV2(heard.taker.data.order_id));

const batch = await ask("batch", () =>
  orders.batchCreateOrdersV2({
    orders: [order({ client_order_id: "b-1", price: "0.1000" }), order({ client_order_id: "b-1", price: "0.1100" })],
  }),
);
await ask("batch_cancel", () => orders.batchCancelOrdersV2({ orders: [{ order_id: batch.orders[0].order_id }] }));

const group = await ask("group", () => groups.createOrderGroup({ contracts_limit: 5 }));
const id = group.order_group_id;
await ask("grouped", () => orders.createOrderV2(order({ order_group_id: id, price: "0.2000" })));
await ask("groups", () => groups.getOrderGroups());
await ask("group_read", () => groups.getOrderGroup(id));
await ask("group_trigger", () => groups.triggerOrderGroup(id, undefined, undefined, {}));
await ask("group_reset", () => groups.resetOrderGroup(id, undefined, undefined, {}));
await ask("group_limit", () => groups.updateOrderGroupLimit(id, { contracts_limit: 7 }));
await ask("group_delete", () => groups.deleteOrderGroup(id));

await ask("take", () =>
  orders.createOrderV2(order({ price: "0.9900", count: "4.00", time_in_force: "immediate_or_cancel" })),
);
await ask("kill", () => orders.createOrderV2(order({ price: "0.0100", count: "4.00", time_in_force: "fill_or_kill" })));
await ask("positions", () => portfolio.getPositions());
await ask("fills", () => portfolio.getFills());
await ask("trades", () => market.getTrades(10, undefined, ticker));
await ask("settlements", () => portfolio.getSettlements());
const now = Math.floor(Date.now() / 1000);
await ask("candles", () =>
  market.getMarketCandlesticks(event.split("-")[0], ticker, now - 3600, now + 3600, 1),
);
await ask("cancel_all", () => orders.cancelAllOrders());
console.log(JSON.stringify(heard));
