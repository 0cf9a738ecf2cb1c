"""Money after the price: ways to pay, exchange rates, invoices in and out. Pure: no clock, no disk."""
