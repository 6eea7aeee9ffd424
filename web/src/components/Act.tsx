/** A button that says who may press it: shut with the reason in its title, never hidden. */
import type { ReactNode } from "react";

import type { Role } from "../api/shapes";
import { useMay } from "../lib/session";

interface ActProps {
  /** The least role that may do it. */
  needs: Role;
  onClick: () => void;
  children: ReactNode;
  /** What it does; on the title while it may be pressed. */
  says?: string;
  /** Why it cannot be done now, by whomever. */
  off?: string | undefined;
  className?: string;
  label?: string;
}

const ALLOWED: Record<Role, string> = {
  viewer: "",
  trader: "Only traders and admins may do this.",
  admin: "Only admins may do this.",
};

export function Act({ needs, onClick, children, says = "", off, className = "", label }: ActProps) {
  const may = useMay(needs);
  const why = may ? (off ?? "") : ALLOWED[needs];
  return (
    <button
      type="button"
      className={`button ${className}`}
      disabled={why !== ""}
      title={why || says || undefined}
      aria-label={label}
      onClick={onClick}
    >
      {children}
    </button>
  );
}
