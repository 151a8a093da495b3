import type { WorkerSettings } from "../../protocol/messages.ts";
import type { AnsweringPort } from "./answer-request.ts";
import { downloadRoutes } from "./download-routes.ts";
import { exportRoutes, listRoute, type ExportContext } from "./export-routes.ts";
import { jobRoutes } from "./job-routes.ts";
import { optionsRoute } from "./options-route.ts";
import { Router, type Route } from "./router.ts";
import { healthRoutes, pageRoutes, serviceRoutes, type ServiceContext } from "./service-routes.ts";

/** The ports of a server, by who listens to them. */
export interface Ports {
  readonly public: AnsweringPort;
  /** The port of numbers and transfers, which only this machine reaches. */
  readonly admin: AnsweringPort;
}

/** Makes the routes of each port. Without an admin port the public one has all of them. */
export function makePorts(
  context: ExportContext & ServiceContext & { readonly settings: WorkerSettings },
): Ports {
  const { settings, catalog } = context;
  const { adminPort, allowedHosts, isLocal } = settings;
  const both = healthRoutes(context);
  const exports = exportRoutes(context);
  const jobs = jobRoutes(context);
  const services = serviceRoutes(context);
  const downloads = [...both, ...exports, ...jobs, ...downloadRoutes(context)];
  const page = pageRoutes(
    context,
    adminPort === null ? ["downloads", "transfers", "workers"] : ["downloads"],
  );
  return {
    public: {
      router: router([...downloads, ...page, ...(adminPort === null ? services : [])]),
      hosts: { allowedHosts, isLocal },
    },
    admin: {
      router: router([
        ...both,
        listRoute(catalog),
        ...services,
        ...pageRoutes(context, ["transfers", "workers"]),
      ]),
      hosts: { allowedHosts: null, isLocal: true },
    },
  };
}

function router(routes: readonly Route[]): Router {
  return new Router([...routes, optionsRoute(routes)]);
}
