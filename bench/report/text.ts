import type { Renderer } from "./renderer.ts";
import { terminalReport } from "./terminal.ts";

/** Text for a terminal, at most a hundred columns wide. */
export const renderText: Renderer = (result, { hasColor = false }) => terminalReport(result, { hasColor });
