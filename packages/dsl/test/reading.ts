/** Reading model files in tests: text in, messages out. */
import * as Render from "../src/diagnostic/Render.ts"
import { read } from "../src/Read.ts"
import { fromText } from "../src/source/Source.ts"

/** A file's sections with plain ones for those it lacks. */
export const completed = (text: string): string => {
  const plain = {
    schema: "schema: 1\n",
    data: "data: { source: moons }\n",
    model: "model: { layers: [{ dense: 8 }, relu, { head: label }] }\n",
  }
  const missing = Object.entries(plain).filter(([section]) => !new RegExp(`^${section}:`, "m").test(text))
  return `${text}${missing.map(([, section]) => section).join("")}`
}

/** What a reading of the text says, as a person sees it. */
export const shown = (text: string): string => {
  const source = fromText("m.yaml", text)
  return read(source)
    .diagnostics.map((diagnostic) => Render.text(diagnostic, source))
    .join("\n")
}

/** The document of a text that is right. */
export const documentOf = (text: string) => {
  const reading = read(fromText("m.yaml", text))
  if (reading.document === undefined) throw new Error(shown(text))
  return reading.document
}
