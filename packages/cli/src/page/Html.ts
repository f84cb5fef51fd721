/** HTML in which every text that is put in is escaped: names from files can hold any character. */
import { escaped } from "../plot/Svg.ts"

/** HTML that is safe as it stands. */
export interface Html {
  readonly html: string
}

/** What may be put into HTML: texts are escaped, and lists joined. */
export type Content = Html | string | number | undefined | ReadonlyArray<Content>

const print = (content: Content): string => {
  if (content === undefined) return ""
  if (typeof content === "string") return escaped(content)
  if (typeof content === "number") return String(content)
  return "html" in content ? content.html : content.map(print).join("")
}

/** HTML from a template. `html`<b>${"a < b"}</b>`.html // => "<b>a &lt; b</b>"` */
export const html = (parts: TemplateStringsArray, ...contents: ReadonlyArray<Content>): Html => ({
  html: parts.map((part, i) => `${part}${print(contents[i])}`).join(""),
})

/** HTML that was made elsewhere, such as a picture. */
export const raw = (text: string): Html => ({ html: text })
