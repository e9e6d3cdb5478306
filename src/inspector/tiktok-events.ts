// TikTok's own event names, and what it asks of them.

const standard =
  'AddPaymentInfo AddToCart AddToWishlist ApplicationApproval CompleteRegistration Contact CustomizeProduct Download FindLocation InitiateCheckout Lead Pageview Purchase Schedule Search StartTrial SubmitApplication Subscribe ViewContent'
// Still accepted.
const former = 'ClickButton CompletePayment PlaceAnOrder SubmitForm'

/** Those that TikTok optimises for. Any other name is a custom event. */
export const standardEvents: readonly string[] = `${standard} ${former}`.split(' ')

/** Those that TikTok matches with the shop's catalogue, by the content_id of each item. */
export const needContentId: readonly string[] =
  'AddToCart AddToWishlist CompletePayment InitiateCheckout PlaceAnOrder Purchase ViewContent'.split(' ')

/** Those that need a value, and somebody to credit it to. */
export const purchases: readonly string[] = ['CompletePayment', 'Purchase']
