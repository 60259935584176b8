/**
 * Amounts as people read them. Stripe gives them in the currency's smallest unit, which is no hundredth
 * everywhere: https://docs.stripe.com/currencies#minor-units. ISK and UGX are counted in hundredths there
 * for old times' sake, although they have none.
 */
const WHOLE = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '))
const THOUSANDTHS = new Set('bhd jod kwd omr tnd'.split(' '))

/** `4250, 'usd'` to `42.50 USD`. */
export function money(amount: number, currency: string): string {
  const digits = digitsOf(currency)
  const number = (amount / 10 ** digits).toLocaleString('en-US', {
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  })
  return `${number} ${currency.toUpperCase()}`
}

/** How many digits stand behind the point. */
export function digitsOf(currency: string): number {
  if (WHOLE.has(currency)) return 0
  return THOUSANDTHS.has(currency) ? 3 : 2
}
