"""The HTTP service: thin routes over the document, the plan and the compute pool."""
