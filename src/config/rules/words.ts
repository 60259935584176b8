/** Words of a command line that are a credential, by the option they stand in or behind. Pure. */

/** Not `--secret`: by that, gcloud and others are told the name of a secret. */
const CREDENTIAL =
  /^[a-z0-9_-]*(?:password|passwd|passphrase|token|api[-_]?key|access[-_]key|client[-_]secret)$/i
/** Switches, places in a list, and what a language model counts: `--ask-password`, `--next-token`, `--max-token`. */
const NONE =
  /^-*(?:ask|no|print|prompt|read|reset|show|use|next|page|bos|eos|mask|max|min|pad|stop)[-_]/i
/** A shell, or whoever reads this word, puts something else there. */
const REPLACED = /^["']?[$`]/

/** Positions of the words that hold a credential: `--token=…`, `DB_PASSWORD=…`, and what follows `--token`. */
export function* credentialWords(words: readonly unknown[]): Generator<number> {
  for (const [index, word] of words.entries()) {
    if (typeof word !== 'string') continue
    const equals = word.indexOf('=')
    if (equals !== -1) {
      if (isCredential(word.slice(0, equals)) && isFixed(word.slice(equals + 1))) yield index
      continue
    }
    const next = words[index + 1]
    if (!word.startsWith('-') || !isCredential(word) || typeof next !== 'string') continue
    if (!next.startsWith('-') && isFixed(next)) yield index + 1
  }
}

function isCredential(option: string): boolean {
  return CREDENTIAL.test(option) && !NONE.test(option)
}

function isFixed(text: string): boolean {
  return text !== '' && text !== 'true' && text !== 'false' && !REPLACED.test(text)
}
