"""Documents, the animals that files tell of, and the clinic's patients in the admin."""

from documents.admin import documents, patients, subjects

__all__ = ["documents", "patients", "subjects"]
