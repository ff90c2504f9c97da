import { useEffect } from "react";

/** The words in the browser's tab and history while this page is shown. */
export function usePageTitle(title: string, brand = "ServersCTL"): void {
  useEffect(() => {
    const before = document.title;
    document.title = title ? `${title} · ${brand}` : brand;
    return () => {
      document.title = before;
    };
  }, [title, brand]);
}
