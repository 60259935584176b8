/**
 * A charge's description is what some customer or shop wrote: it must not become markup in the report, in
 * the page or in Slack. Control and invisible format characters are dropped everywhere.
 */
export function forHtml(text: string): string {
  return plain(text).replace(/[&<>"']/g, (char) => `&#${char.codePointAt(0)};`)
}

/**
 * Fit for a table cell, too: what opens markup or a link is escaped, as any ASCII punctuation may be
 * (CommonMark 0.31, 2.4).
 */
export function forMarkdown(text: string): string {
  return plain(text).replace(/[\\`*_{}[\]<>#+!|~&:@]/g, '\\$&')
}

/** The three that matter to Slack: https://api.slack.com/reference/surfaces/formatting#escaping */
export function forSlack(text: string): string {
  return plain(text).replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;')
}

function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]+/gu, ' ').trim()
}
