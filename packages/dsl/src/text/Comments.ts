/** The comments of a text, which its data do not have. */
import { Lexer } from "yaml"
import { type Source, type Span, span } from "../source/Source.ts"

/** Marks of the lexer between words, which are not in the text. */
const marks: ReadonlySet<string> = new Set(["\x02", "\x18", "\x1f"])

/** Where the comments of a text stand, in their order, each from its `#`. */
export const commentsOf = (source: Source): ReadonlyArray<Span> => {
  const found: Array<Span> = []
  let offset = 0
  for (const word of new Lexer().lex(source.text)) {
    if (marks.has(word)) continue
    if (word.startsWith("#")) found.push(span(source, offset, offset + word.length))
    offset += word.length
  }
  return found
}
