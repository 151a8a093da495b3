import { sourceFile } from "./run-program.ts";

/** Debian's Python, for which its packages are installed; the path may find another one first. */
const python = "/usr/bin/python3";

/** Starts Python with the modules that all peers in Python share; leaves no compiled files next to the sources. */
export function pythonCommand(): readonly [string, ...string[]] {
  return ["env", `PYTHONPATH=${sourceFile(".")}`, python, "-B"];
}

/** A command that prints the versions of packages, by the names under which they are imported, and of Python. */
export function pythonVersions(libraries: readonly string[]): readonly [string, ...string[]] {
  const parts = libraries.map((name) => `${name} {${name}.__version__}`).join(", ");
  const imports = ["platform", ...libraries].join(", ");
  return [python, "-c", `import ${imports}; print(f'${parts}, Python {platform.python_version()}')`];
}
