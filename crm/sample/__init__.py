"""A made-up Vietnamese seller of software and equipment, as its CRM would export it."""
