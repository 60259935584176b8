/** Asks Stripe for the charges of the last days, page by page, through Stripe's own SDK. */
import type { Stripe } from 'stripe'
import { Refusal } from './clients.ts'

/** What the analysis needs of a charge. */
export interface Charge {
  id: string
  /** Seconds since 1970. */
  created: number
  /** In the currency's smallest unit. */
  amount: number
  refunded: number
  currency: string
  /** The customer, else the card's fingerprint; absent where Stripe tells neither. */
  payer: string | undefined
  status: string
  description: string
}

export interface Fetched {
  charges: readonly Charge[]
  pages: number
  /** False where more would have been there than `MAX_PAGES` allow. */
  complete: boolean
}

/** 20,000 charges: enough for a report, and an end for a server that always says there is more. */
export const MAX_PAGES = 200
const PAGE = 100

/**
 * Newest first. A page that brings nothing new ends the list, whatever its `has_more` says. Lists and
 * cursors: https://docs.stripe.com/api/pagination
 */
export async function fetchCharges(stripe: Stripe, since: Date): Promise<Fetched> {
  const charges = new Map<string, Charge>()
  const query: Stripe.ChargeListParams = {
    limit: PAGE,
    created: { gte: Math.floor(since.getTime() / 1000) },
  }
  for (let pages = 1; pages <= MAX_PAGES; pages += 1) {
    const page = await stripe.charges.list(query)
    if (!Array.isArray(page.data)) throw new Refusal('Stripe gave no answer that can be used')
    const before = charges.size
    for (const charge of page.data) charges.set(charge.id, shortened(charge))
    const last = page.data.at(-1)
    if (!page.has_more || last === undefined || charges.size === before)
      return { charges: [...charges.values()], pages, complete: true }
    query.starting_after = last.id
  }
  return { charges: [...charges.values()], pages: MAX_PAGES, complete: false }
}

function shortened(charge: Stripe.Charge): Charge {
  const customer = typeof charge.customer === 'string' ? charge.customer : charge.customer?.id
  const { id, created, amount, currency, status } = charge
  return {
    id,
    created,
    amount,
    refunded: charge.amount_refunded,
    // ISO 4217 has XXX for no currency.
    currency: /^[a-z]{3}$/.test(currency) ? currency : 'xxx',
    payer: customer ?? charge.payment_method_details?.card?.fingerprint ?? undefined,
    status,
    description: charge.description ?? '',
  }
}
