/** What stands in a ticket: as typed, what is wrong with it, and as the desk wants it. */
import { useEffect, useState } from "react";
import { useSearchParams } from "react-router";

import type { OrderType, Side, Ticket as TicketBody, TimeInForce } from "../../api/shapes";

/** A price that was picked in the book; `turn` tells one picking from the next. */
export interface Picked {
  px: string;
  turn: number;
}

export interface Typed {
  account: string;
  side: Side;
  type: OrderType;
  qty: string;
  px: string;
  trigger: string;
  tif: TimeInForce;
  post: boolean;
  reduce: boolean;
}

export const NUMBER = /^\d*\.?\d+$/;
export const takesPx = (type: OrderType): boolean => type === "limit" || type === "stop_limit";
export const takesTrigger = (type: OrderType): boolean => type === "stop" || type === "stop_limit";

export function useTyped(first: string, picked: Picked): [Typed, (patch: Partial<Typed>) => void] {
  const [told] = useSearchParams();
  const [typed, setTyped] = useState<Typed>({
    account: told.get("account") ?? "",
    side: told.get("side") === "sell" ? "sell" : "buy",
    type: "limit",
    qty: told.get("qty") ?? "",
    px: "",
    trigger: "",
    tif: "gtc",
    post: false,
    reduce: told.get("reduce") === "yes",
  });
  useEffect(() => {
    if (picked.turn)
      setTyped((was) => ({
        ...was,
        px: String(picked.px)
          .replace(/(\.\d*?)0+$/, "$1")
          .replace(/\.$/, ""),
      }));
  }, [picked]);
  const change = (patch: Partial<Typed>): void => setTyped((was) => ({ ...was, ...patch }));
  return [{ ...typed, account: typed.account || first }, change];
}

export function faultOf(typed: Typed): string {
  if (!typed.account) return "Choose an account.";
  if (!NUMBER.test(typed.qty)) return "Give a quantity.";
  if (takesPx(typed.type) && !NUMBER.test(typed.px))
    return "Give a price, or take one from the book.";
  if (takesTrigger(typed.type) && !NUMBER.test(typed.trigger)) return "Give the trigger price.";
  return "";
}

export function bodyOf(instrument: string, typed: Typed): TicketBody {
  return {
    account: typed.account,
    instrument,
    side: typed.side,
    qty: typed.qty,
    px: takesPx(typed.type) ? typed.px : null,
    trigger_px: takesTrigger(typed.type) ? typed.trigger : null,
    ord_type: typed.type,
    tif: typed.tif,
    post_only: typed.post && typed.type === "limit",
    reduce_only: typed.reduce,
  };
}
