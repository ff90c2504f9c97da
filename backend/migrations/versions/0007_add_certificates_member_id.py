"""add certificates.member_id"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.add_column(sa.Column("member_id", sa.Uuid(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_certificates_member_id_members"), "members", ["member_id"], ["id"], ondelete="CASCADE"
        )
        batch_op.create_index(batch_op.f("ix_certificates_member_id"), ["member_id"], unique=False)


def downgrade() -> None:
    with op.batch_alter_table("certificates", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_certificates_member_id"))
        batch_op.drop_constraint(batch_op.f("fk_certificates_member_id_members"), type_="foreignkey")
        batch_op.drop_column("member_id")
