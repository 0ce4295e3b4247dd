"""One folder for each way of handing a ticket over: GeoReport v2, signed webhooks, and a dry run."""
