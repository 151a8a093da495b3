import type { EventEmitter } from "node:events";

interface Watch {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<EventEmitter, Watch>();

/**
 * Calls back when a socket closes; returns a function that removes the callback.
 *
 * Node reports the socket's end to a pipelined answer only when it is that answer's turn. Therefore this listens on
 * the socket itself: one listener for any number of answers, removed with the last one.
 */
export function onSocketClose(socket: EventEmitter, callback: () => void): () => void {
  const watch = watches.get(socket) ?? startWatch(socket);
  watch.callbacks.add(callback);
  return () => {
    watch.callbacks.delete(callback);
    if (watch.callbacks.size > 0) return;
    socket.off("close", watch.listener);
    watches.delete(socket);
  };
}

function startWatch(socket: EventEmitter): Watch {
  const callbacks = new Set<() => void>();
  const listener = (): void => {
    for (const callback of callbacks) callback();
  };
  const watch = { callbacks, listener };
  socket.on("close", listener);
  watches.set(socket, watch);
  return watch;
}
