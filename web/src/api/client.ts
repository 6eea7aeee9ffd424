/** The one way in which the page asks the desk: JSON, the CSRF word on writes, one error shape. */
import type { Command, Preview, Problem, Receipt } from "./shapes";

export class DeskError extends Error {
  constructor(
    message: string,
    readonly code: string,
    readonly status: number,
    readonly rule = "",
    readonly retryable = false,
    readonly retryAfterS: number | null = null,
  ) {
    super(message);
  }
}

type Method = "GET" | "POST" | "PUT" | "DELETE";
type Query = Record<string, string | number | boolean | null | undefined>;

interface Asked {
  method?: Method;
  query?: Query;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

const TIMEOUT_MS = 60_000;
let csrf = "";
let whenSignedOut: () => void = () => undefined;

export function keepCsrf(word: string): void {
  csrf = word;
}

/** `react` is called when the desk no longer knows this browser's session. */
export function onSignedOut(react: () => void): void {
  whenSignedOut = react;
}

/** A word of 128 random bits; unlike crypto.randomUUID it is there without TLS, too. */
export function newCommandId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

export function pathOf(path: string, query: Query = {}): string {
  const words = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value !== undefined && value !== null && value !== "") words.set(name, String(value));
  }
  return words.size ? `${path}?${words}` : path;
}

/** Ask for `path` below /api; throws DeskError with the desk's own sentence. */
export async function ask<Answer>(path: string, asked: Asked = {}): Promise<Answer> {
  const method = asked.method ?? "GET";
  const headers: Record<string, string> = { Accept: "application/json", ...asked.headers };
  if (asked.body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET" && csrf) headers["X-CSRF-Token"] = csrf;
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  let response: Response;
  try {
    response = await fetch(`/api${pathOf(path, asked.query)}`, {
      method,
      headers,
      body: asked.body === undefined ? null : JSON.stringify(asked.body),
      credentials: "same-origin",
      signal: asked.signal ? AbortSignal.any([asked.signal, timeout]) : timeout,
    });
  } catch (error) {
    if (asked.signal?.aborted) throw error;
    const why = "Asked the desk, found nobody there; see that it runs, then try again.";
    throw new DeskError(why, "unreachable", 0, "", true);
  }
  const text = await response.text();
  if (!response.ok) throw failed(response, text, path);
  return (text ? parsed(text) : null) as Answer;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function failed(response: Response, text: string, path: string): DeskError {
  const told = (parsed(text) ?? {}) as Partial<Problem>;
  if (response.status === 401 && !/^\/(login|setup|session)/.test(path)) whenSignedOut();
  const after = Number(response.headers.get("Retry-After"));
  return new DeskError(
    told.message ??
      `Asked the desk, it answered ${response.status}; try again, and see its log if it stays.`,
    told.code ?? "failed",
    response.status,
    told.rule ?? "",
    told.retryable ?? false,
    after > 0 ? after : null,
  );
}

/** A write that has a preview: asked first with `dry_run`, then with the hash of what was shown. */
export interface Write {
  path: string;
  method?: Method;
  body: Record<string, unknown>;
}

export const write = (command: Command): Write => ({ path: "/commands", body: { command } });

export function preview(asked: Write, signal?: AbortSignal): Promise<Preview> {
  const { path, body, method = "POST" } = asked;
  return ask<Preview>(path, {
    method,
    body,
    query: { dry_run: true },
    ...(signal ? { signal } : {}),
  });
}

export interface CarryOut {
  why?: string;
  previewHash?: string;
  commandId?: string;
}

/** Carry out a write; the same `commandId` gets the same receipt, however often it is sent. */
export function carryOut(asked: Write, options: CarryOut = {}): Promise<Receipt> {
  const { path, body, method = "POST" } = asked;
  const told: Record<string, unknown> = { ...body };
  if (options.why !== undefined) told["why"] = options.why;
  if (options.previewHash) told["preview_hash"] = options.previewHash;
  const headers = { "Idempotency-Key": options.commandId ?? newCommandId() };
  return ask<Receipt>(path, { method, body: told, headers });
}
