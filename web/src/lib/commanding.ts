import { useCallback, useState } from "react";

import { carryOut, type Write } from "../api/client";
import type { Receipt } from "../api/shapes";
import { toastError, toastReceipt } from "../components/toasts";
import { asError } from "./asking";

/** Carry out what can be taken back, without a question; tells its effect at the edge of the page. */
export function useCarryOut(): {
  run: (asked: Write, why?: string) => Promise<Receipt | null>;
  busy: boolean;
} {
  const [busy, setBusy] = useState(false);
  const run = useCallback(async (asked: Write, why = "") => {
    setBusy(true);
    try {
      const receipt = await carryOut(asked, { why });
      toastReceipt(receipt);
      return receipt;
    } catch (error) {
      toastError(asError(error));
      return null;
    } finally {
      setBusy(false);
    }
  }, []);
  return { run, busy };
}
