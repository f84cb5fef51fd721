/** The versions of the libraries that are installed here. */
import { readFileSync } from "node:fs"

/** The version of an installed package. */
export const installedVersion = (name: string): string =>
  JSON.parse(readFileSync(new URL(`../node_modules/${name}/package.json`, import.meta.url), "utf8")).version
