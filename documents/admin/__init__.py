"""Documents and their copies, the animals that files tell of, and the clinic's patients in the admin."""

from documents.admin import documents, links, patients, subjects

__all__ = ["documents", "links", "patients", "subjects"]
