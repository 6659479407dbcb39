/** Those who wait for the port's next message. */
const waiting: (() => void)[] = [];
let port: MessagePort | undefined;

/**
 * Resolves in a task of its own, after timers, messages and events that are due have had their turn: for long loops that
 * let others through after each step.
 *
 * Unlike `tf.nextFrame()` it does not wait for a frame of the screen, of which a hidden tab has none.
 *
 * @example
 * let isDone = false;
 * setTimeout(() => {
 *   isDone = true;
 * });
 * while (!isDone) await nextTask(); // `await null` would wait for ever
 */
export function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === "function") {
      setImmediate(resolve); // Node
      return;
    }
    waiting.push(resolve);
    port ??= openPort();
    port.postMessage(undefined);
  });
}

/** Opens a port whose messages come back as tasks, which browsers do not slow down in hidden tabs, as they do timers. */
function openPort(): MessagePort {
  const { port1, port2 } = new MessageChannel();
  port2.onmessage = () => waiting.shift()!();
  return port1;
}
