import type { Socket } from "node:net";
import type { Clock } from "../../../clock.ts";
import type { Occupancy } from "../../../admission/occupancy.ts";
import type { AnswerRequest } from "../../http/http-server.ts";
import type { ServerSettings, WorkerModel } from "../../shared/settings.ts";
import { ConnectionSlot } from "./connection-slot.ts";
import { ExportSlots } from "../../../admission/export-slots.ts";
import type { Slots } from "../../../admission/slots.ts";

/** How a worker takes its clients in: what tells the two kinds of worker apart, seen from inside of one. */
export interface Intake {
  readonly slots: Slots;
  /** Requests that one connection may bring; 0 for any number. */
  readonly requestsPerConnection: number;
  /** A connection has been handed over, after a wait in the primary; null when it broke on the way. */
  accept(socket: Socket | null, queueWaitSeconds: number): void;
  answer: AnswerRequest;
}

/** What taking clients in needs of the worker. */
export interface IntakeContext {
  readonly settings: ServerSettings;
  readonly occupancy: Occupancy;
  readonly clock: Clock;
  /** Gives a connection to the HTTP server. */
  readonly open: (socket: Socket) => void;
  /** Answers one request, and resolves when nothing of it is left to do. */
  readonly answer: AnswerRequest;
  /** The worker can take another connection. */
  readonly onFree: (heldSeconds: number) => void;
}

/** Makes the intake of a kind of worker. */
export const intakes: Readonly<Record<WorkerModel, (context: IntakeContext) => Intake>> = {
  async: takeMany,
  sync: takeOneAtATime,
};

function takeMany({ settings, occupancy, clock, open, answer }: IntakeContext): Intake {
  return {
    slots: new ExportSlots(settings, occupancy, clock),
    requestsPerConnection: 0,
    accept: (socket) => {
      if (socket !== null) open(socket);
    },
    answer,
  };
}

/** The connection is held until it is closed *and* its answer's closers have run: only then is the worker free. */
function takeOneAtATime({ occupancy, clock, open, answer, onFree }: IntakeContext): Intake {
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
