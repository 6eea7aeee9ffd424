import { useSyncExternalStore } from "react";

const phone = window.matchMedia("(max-width: 760px)");

function listen(ear: () => void): () => void {
  phone.addEventListener("change", ear);
  return () => phone.removeEventListener("change", ear);
}

/** Is the page as narrow as a phone. */
export const usePhone = (): boolean => useSyncExternalStore(listen, () => phone.matches);
