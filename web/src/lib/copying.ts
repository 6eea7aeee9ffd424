import { toast } from "../components/toasts";

/** Put text on the clipboard and say so; without TLS a browser has none, then a field serves. */
export async function copy(text: string, what: string): Promise<void> {
  if ((await byClipboard(text)) || byField(text)) toast("ok", `Copied ${what}`);
  else
    toast(
      "warn",
      "Not copied",
      "This browser gives the page no clipboard; mark the text and copy it by hand.",
    );
}

async function byClipboard(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function byField(text: string): boolean {
  const field = document.createElement("textarea");
  field.value = text;
  field.style.position = "fixed";
  field.style.opacity = "0";
  (document.querySelector("dialog[open]") ?? document.body).append(field);
  field.select();
  const done = document.execCommand("copy");
  field.remove();
  return done;
}
