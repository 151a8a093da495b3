import type { EventEmitter } from "node:events";

interface Watch {
  readonly callbacks: Set<() => void>;
  readonly listener: () => void;
}

const watches = new WeakMap<EventEmitter, Watch>();

/**
 * Calls back when a socket closes; returns what undoes it.
 *
 * A pipelined answer isn't told of its socket's end before its turn has come, so the socket itself must be listened to.
 * However many answers wait on one socket, it gets one listener, and none once the last is done.
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
