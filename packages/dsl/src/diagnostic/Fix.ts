/** Applying the edits that diagnostics offer. */
import type { Diagnostic, Fix, TextEdit } from "./Diagnostic.ts"

/** All edits of a fix. */
export const editsOf = ({ also = [], span, text }: Fix): ReadonlyArray<TextEdit> => [{ span, text }, ...also]

const same = (a: TextEdit, b: TextEdit): boolean =>
  a.span.start === b.span.start && a.span.end === b.span.end && a.text === b.text

/** Whether two edits touch the same text, or insert at the same place. */
const overlap = (a: TextEdit, b: TextEdit): boolean =>
  a.span.start === b.span.start || (a.span.start < b.span.end && b.span.start < a.span.end)

/** The text from `start` to `end` after edits inside it that do not overlap. */
export const edited = (text: string, edits: ReadonlyArray<TextEdit>, start = 0, end = text.length): string => {
  let out = ""
  let at = start
  for (const { span, text: written } of edits.toSorted((a, b) => a.span.start - b.span.start)) {
    out += text.slice(at, span.start) + written
    at = span.end
  }
  return out + text.slice(at, end)
}

/**
 * The text after the fixes, and the fixes that were applied. A fix is applied whole or not at all; of two that overlap,
 * the first in the text is applied.
 */
export const apply = (
  text: string,
  diagnostics: ReadonlyArray<Diagnostic>,
): { readonly text: string; readonly applied: ReadonlyArray<Fix> } => {
  const fixes = diagnostics
    .flatMap((diagnostic) => (diagnostic.fix === undefined ? [] : [diagnostic.fix]))
    .toSorted((a, b) => a.span.start - b.span.start || a.span.end - b.span.end)
  const applied: Array<Fix> = []
  const edits: Array<TextEdit> = []
  for (const fix of fixes) {
    const own = editsOf(fix)
    if (own.some((edit) => edits.some((other) => same(edit, other) || overlap(edit, other)))) continue
    edits.push(...own)
    applied.push(fix)
  }
  return { text: edited(text, edits), applied }
}

const plain = /^[$A-Za-z_][\w./-]*$/
const reserved = new Set(["true", "false", "null", "yes", "no", "on", "off"])

/** A text as YAML writes it, quoted where it must be. `scalar("h 1") // => "\"h 1\""` */
export const scalar = (text: string): string =>
  plain.test(text) && !reserved.has(text.toLowerCase()) ? text : JSON.stringify(text)
