/** Keeps the page's files for opening it offline. Only where it was built: the development server has no worker file. */
export function keepOffline(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  // The first opening comes first. A refusal (a private window) changes nothing else.
  addEventListener("load", () => {
    navigator.serviceWorker.register(new URL("service-worker.js", document.baseURI)).catch(() => {});
  });
}
