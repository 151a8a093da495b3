import { describe, test } from "node:test";
import { startClosedLoop } from "../../bench/load/closed-loop.ts";
import { inOneOfThree } from "../harness/attempts.ts";
import { startServe } from "../harness/cli.ts";
import { assertNear, readSlowly, warmUp, watch } from "../harness/slow-exports.ts";

const workers = 2;

// Two at a time, since clients and workers sleep most of the time.
describe("sync workers in a closed loop", { concurrency: 2 }, () => {
  for (const clients of [1, 2, 3, 4]) {
    const [use, waiting] = [Math.min(1, clients / workers), Math.max(0, clients - workers)];
    test(`${clients} clients in a closed loop use ${use * 100} % of ${workers} sync workers, and ${waiting} wait`, async () => {
      await inOneOfThree(async () => {
        await using server = await startServe(["--worker-model", "sync", "--workers", String(workers)]);
        await warmUp(server);
        const loop = startClosedLoop(clients, () => readSlowly(server));
        await loop.until(1);
        let askedAtMs = 0;
        const { seconds, held, waited, allBusy } = await watch(server, async () => {
          await loop.until(loop.answers.length + 2 * Math.min(clients, workers));
          askedAtMs = performance.now();
        });
        // The request for the numbers is one more client, which waits or occupies a worker like the others.
        const own = (performance.now() - askedAtMs) / 1000;
        const [ownHold, ownWait] = clients < workers ? [own, 0] : [0, own];
        await loop.finish();
        assertNear((held - ownHold) / (workers * seconds), use, 0.08, "utilisation");
        assertNear((waited - ownWait) / seconds, waiting, 0.15, "clients that wait");
        assertNear(allBusy / seconds, clients < workers ? 0 : 1, 0.08, "time with all workers taken");
      });
    });
  }
});
