/** The comment a numbered example ends with: what it prints, to the letter. */
import { readdirSync, readFileSync } from "node:fs"

/** Where the examples are. */
export const folder = new URL("..", import.meta.url)

/** The numbered examples, in order. */
export const examples = readdirSync(folder)
  .filter((name) => /^\d\d-.*\.ts$/.test(name))
  .sort()

/** What an example says that it prints; nothing where it does not say. */
export const promised = (name: string): string => {
  const [, comment] = /^\/\/ Prints:\n((?:\/\/.*\n)+)$/m.exec(readFileSync(new URL(name, folder), "utf8")) ?? []
  return (comment ?? "").replaceAll(/^\/\/ ?/gm, "")
}

/** The numbers in the line that begins with these words. */
export const figures = (name: string, words: string): ReadonlyArray<number> => {
  const line = promised(name)
    .split("\n")
    .find((each) => each.trimStart().startsWith(words))
  if (line === undefined) throw new Error(`${name} prints no line that begins with ${JSON.stringify(words)}`)
  return line
    .trimStart()
    .slice(words.length)
    .split(/\s+/)
    .filter((word) => word !== "")
    .map(Number)
}
