/** Applying the edits that diagnostics offer. */
import type { Diagnostic, Fix } from "./Diagnostic.ts"

/** What a text becomes when its fixes are applied, and which were; of two that overlap the first in the text wins. */
export const apply = (
  text: string,
  diagnostics: ReadonlyArray<Diagnostic>,
): { readonly text: string; readonly applied: ReadonlyArray<Fix> } => {
  const fixes = diagnostics
    .flatMap((diagnostic) => (diagnostic.fix === undefined ? [] : [diagnostic.fix]))
    .toSorted((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)
  const applied: Array<Fix> = []
  let out = ""
  let at = 0
  for (const fix of fixes) {
    const last = applied.at(-1)
    const again = last?.span.start === fix.span.start && last.span.end === fix.span.end && last.text === fix.text
    if (fix.span.start < at || again) continue
    out += text.slice(at, fix.span.start) + fix.text
    at = fix.span.end
    applied.push(fix)
  }
  return { text: out + text.slice(at), applied }
}

const plain = /^[$A-Za-z_][\w./-]*$/
const reserved = new Set(["true", "false", "null", "yes", "no", "on", "off"])

/** A text as YAML writes it, quoted where it must be. `scalar("h 1") // => "\"h 1\""` */
export const scalar = (text: string): string =>
  plain.test(text) && !reserved.has(text.toLowerCase()) ? text : JSON.stringify(text)
