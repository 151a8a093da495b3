import type { Renderer } from "./renderer.ts";
import { terminalReport } from "./terminal/terminal.ts";

/** Text for a terminal. */
export const renderText: Renderer = (result, { hasColor = false, columns }) =>
  terminalReport(result, { hasColor, ...(columns === undefined ? {} : { columns }) });
