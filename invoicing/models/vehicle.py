"""What a vehicle invoice (机动车销售统一发票) says of the vehicle."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from invoicing.models.invoice import Invoice


class InvoiceVehicle(models.Model):
    """The one vehicle of an invoice; written with the draft and frozen with the invoice (trigger)."""

    invoice = models.OneToOneField(
        Invoice, on_delete=models.CASCADE, related_name="vehicle", primary_key=True, verbose_name=_("发票")
    )
    vehicle_type = models.CharField(_("车辆类型"), max_length=40, blank=True)
    brand_model = models.CharField(_("厂牌型号"), max_length=60, blank=True)
    origin = models.CharField(_("产地"), max_length=40, blank=True)
    vin = models.CharField(_("车辆识别代号/车架号码"), max_length=23, blank=True)
    engine_number = models.CharField(_("发动机号码"), max_length=50, blank=True)
    certificate_number = models.CharField(_("合格证号"), max_length=50, blank=True)
    import_certificate = models.CharField(_("进口证明书号"), max_length=50, blank=True)
    inspection_number = models.CharField(_("商检单号"), max_length=50, blank=True)
    tax_receipt = models.CharField(_("完税凭证号码"), max_length=40, blank=True)
    # Of the day of issue: the seller may move to another one. Empty for a draft.
    bureau = models.CharField(_("主管税务机关及代码"), max_length=120, blank=True)
    tonnage = models.DecimalField(_("吨位"), max_digits=8, decimal_places=3, null=True, blank=True)
    seats = models.PositiveSmallIntegerField(_("限乘人数"), null=True, blank=True)

    class Meta:
        verbose_name = _("机动车信息")
        verbose_name_plural = _("机动车信息")
        indexes = [models.Index("vin", name="invoicing_vehicle_vin", condition=~Q(vin=""))]

    def __str__(self) -> str:
        return f"{self.brand_model} {self.vin}"
