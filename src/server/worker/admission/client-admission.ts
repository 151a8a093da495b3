import type { Socket } from "node:net";
import type { Clock } from "../../../clock.ts";
import type { Occupancy } from "../../../admission/occupancy.ts";
import type { AnswerRequest } from "../../http/http-server.ts";
import type { ServerSettings, WorkerModel } from "../../shared/settings.ts";
import { ConnectionSlot } from "./connection-slot.ts";
import { ExportSlots } from "../../../admission/export-slots.ts";
import type { Slots } from "../../../admission/slots.ts";

/** How a worker admits clients. Each worker model has its own way. */
export interface ClientAdmission {
  readonly slots: Slots;
  /** The most requests on one connection; 0 for no limit. */
  readonly requestsPerConnection: number;
  /** Takes a connection that has waited in the primary; null if it broke on the way. */
  accept(socket: Socket | null, queueWaitSeconds: number): void;
  answer: AnswerRequest;
}

/** What admission needs from the worker. */
export interface ClientAdmissionContext {
  readonly settings: ServerSettings;
  readonly occupancy: Occupancy;
  readonly clock: Clock;
  /** Gives a connection to the HTTP server. */
  readonly open: (socket: Socket) => void;
  /** Answers one request, and resolves when the answer is complete. */
  readonly answer: AnswerRequest;
  /** The worker can take another connection. */
  readonly onFree: (heldSeconds: number) => void;
}

/** Makes the admission of a worker model. */
export const clientAdmissions: Readonly<
  Record<WorkerModel, (context: ClientAdmissionContext) => ClientAdmission>
> = {
  async: takeMany,
  sync: takeOneAtATime,
};

function takeMany({ settings, occupancy, clock, open, answer }: ClientAdmissionContext): ClientAdmission {
  return {
    slots: new ExportSlots(settings, occupancy, clock),
    requestsPerConnection: 0,
    accept: (socket) => {
      if (socket !== null) open(socket);
    },
    answer,
  };
}

/**
 * The connection holds the slot until it is closed *and* the closers of its answer have run; only then is the worker
 * free.
 */
function takeOneAtATime({ occupancy, clock, open, answer, onFree }: ClientAdmissionContext): ClientAdmission {
  const slots = new ConnectionSlot(occupancy, clock);
  let answering = Promise.resolve();
  return {
    slots,
    requestsPerConnection: 1,
    accept: (socket, queueWaitSeconds) => {
      const giveBack = slots.take(queueWaitSeconds);
      const giveUp = (): void => void answering.then(() => onFree(giveBack()));
      if (socket === null) giveUp();
      else open(socket.once("close", giveUp));
    },
    answer: (req, res) => {
      res.shouldKeepAlive = false;
      answering = answer(req, res);
      return answering;
    },
  };
}
