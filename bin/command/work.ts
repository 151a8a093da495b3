import { Command } from "commander";
import { parseDuration } from "../../src/ground.ts";
import { helpText } from "../help-text.ts";
import { startWork, type RunningWork } from "../../src/internal.ts";
import { defaultSettings } from "../../src/settings.ts";
import type { LoadedConfiguration } from "../configuration/load-configuration.ts";
import { durationOption } from "../limit-option.ts";
import { logFormatOption, logSettings, type LogFlags } from "../log-option.ts";
import { countFrom, flagParser } from "../option.ts";
import { watchSignals } from "../watch-signals.ts";

interface WorkFlags extends LogFlags {
  readonly configuration?: LoadedConfiguration;
  readonly concurrency?: number;
  readonly drainTimeout: number;
}

const handedBackExit = 1;

/** `stream-csv work`: takes jobs from the engine until it is stopped. */
export function workCommand(): Command {
  return new Command("work")
    .description("Take jobs from the engine, without HTTP; prints its address when ready.")
    .option(
      "--concurrency <count>",
      "jobs that run at the same time, each in a process (default: jobs.concurrency of the configuration)",
      countFrom(1),
    )
    .addOption(
      durationOption(
        "--drain-timeout <duration>",
        "how long jobs may continue after SIGTERM before they are handed to other processes",
        defaultSettings.drainTimeoutMs,
        flagParser(parseDuration),
      ),
    )
    .addOption(logFormatOption())
    .action(async (_: unknown, self: Command) => {
      const flags = self.optsWithGlobals<WorkFlags>();
      const engine = flags.configuration?.jobs.engine ?? defaultSettings.jobs.engine;
      if (engine === "local") self.error(localError(flags));
      process.exitCode = await work(flags);
    })
    .addHelpText(
      "after",
      helpText({
        examples: [
          ["stream-csv work", "the jobs, exports and databases of stream-csv.yaml"],
          "stream-csv work --config /etc/exports.yaml --concurrency 4",
          ["stream-csv work --drain-timeout 5m", "SIGTERM lets running jobs end for so long"],
        ],
        docs: "docs/guides/jobs.md",
      }),
    );
}

function localError({ configuration }: WorkFlags): string {
  const where =
    configuration === undefined ? "There is no configuration" : `"${configuration.file}" has none`;
  return `error: work takes jobs that servers submit to an engine of several machines. ${where}. Set jobs: { engine: redis://HOST:6379, store: s3://BUCKET/PREFIX } for this command and its servers; jobs of the engine local run in serve.`;
}

async function work(flags: WorkFlags): Promise<number> {
  const watch = watchSignals();
  const { configuration, concurrency } = flags;
  const jobs = { ...defaultSettings.jobs, ...configuration?.jobs };
  let running: RunningWork;
  try {
    running = await startWork(
      {
        configuration: configuration?.file ?? null,
        sources: configuration?.sources ?? [],
        jobs: concurrency === undefined ? jobs : { ...jobs, concurrency },
        drainTimeoutMs: flags.drainTimeout,
        log: logSettings(flags),
      },
      watch.starting,
    );
  } catch (error) {
    if (watch.starting.aborted) return watch.killedBy() ?? 0;
    throw error;
  }
  watch.attach(running);
  process.stdout.write(`working on ${running.engine}\n`);
  const { handedBack } = await running.stopped;
  return watch.killedBy() ?? (handedBack > 0 ? handedBackExit : 0);
}
