"""The endpoints that are measured."""

from django.urls import path
from usual import views

urlpatterns = [
    path("orders/completed/<str:signed>/", views.Completed.as_view()),
    path("orders/<str:number>/cancel/", views.Cancel.as_view()),
    path("users/orders/", views.Orders.as_view()),
    path("users/orders/<int:pk>/", views.Detail.as_view()),
]
