/** The key to the operator's page. It guards nothing: the demo shows it. */
export const adminToken = 'the-admin-token-of-the-demo-shop'
