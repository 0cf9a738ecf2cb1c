"""Invoices as PDF: the page drawn, its fonts inside, and the invoice's data attached. The extra ``invoices``.

Imported only when somebody wants a PDF. It decides nothing: what stands on the page and in the data is given.
"""
