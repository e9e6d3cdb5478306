export const readDomain = (domain: string): { cookie: string } | undefined => ({ cookie: domain })
