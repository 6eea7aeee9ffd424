/** Who is signed in; everything else waits until that is known. */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";

import { ask, type DeskError, keepCsrf, onSignedOut } from "../api/client";
import type { Role, Session } from "../api/shapes";
import { asError } from "./asking";

interface Held {
  session: Session | null;
  error: DeskError | null;
  /** Ask again who is signed in. */
  renew: () => Promise<void>;
  signOut: () => Promise<void>;
}

const Context = createContext<Held | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const [session, setSession] = useState<Session | null>(null);
  const [error, setError] = useState<DeskError | null>(null);
  const renew = useCallback(async () => {
    try {
      const found = await ask<Session>("/session");
      keepCsrf(found.csrf);
      setSession(found);
      setError(null);
    } catch (failed) {
      setError(asError(failed));
    }
  }, []);
  const signOut = useCallback(async () => {
    await ask("/logout", { method: "POST" });
    await renew();
  }, [renew]);
  useEffect(() => {
    onSignedOut(() => void renew());
    void renew();
  }, [renew]);
  const held = useMemo(
    () => ({ session, error, renew, signOut }),
    [session, error, renew, signOut],
  );
  return <Context value={held}>{children}</Context>;
}

export function useSession(): Held {
  const held = useContext(Context);
  if (!held) throw new Error("useSession needs a SessionProvider above it.");
  return held;
}

const RANKS: Record<Role, number> = { viewer: 0, trader: 1, admin: 2 };

/** Tell whether who is signed in may do what `role` may. The desk decides; this only hides. */
export function useMay(role: Role): boolean {
  const { session } = useSession();
  return session?.role ? RANKS[session.role] >= RANKS[role] : false;
}
